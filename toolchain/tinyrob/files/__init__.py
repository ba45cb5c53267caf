"""Files that are whole or absent; build plans; strict TOML; where the package's data are."""
