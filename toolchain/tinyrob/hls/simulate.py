"""The C simulation of a build folder's model, for `tinyrob validate` and `tinyrob run`."""

from __future__ import annotations

from tinyrob.deployable import from_frozen
from tinyrob.frozen.io import load_frozen
from tinyrob.hls.boards import find_fpga_board
from tinyrob.hls.csim import CsimRunner, open_project
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Overrides
from tinyrob.hls.project import project
from tinyrob.hls.schedule import plan
from tinyrob.hls.testvectors import clean
from tinyrob.project.build_folder import BuildFolder

# Every network has room on it: what is simulated is arithmetic, which no board changes.
BOARD = "alveo-u250"
FOLDER = "csim"
_VECTORS = 10


def csim_of_build(folder: BuildFolder) -> CsimRunner:
    """Exports the build's frozen model to its ``csim/`` (once) and compiles it there.

    Raises what exporting and compiling raise.
    """
    out = folder.path / FOLDER
    frozen = load_frozen(folder.frozen)
    network, board = to_hls(frozen), find_fpga_board(BOARD)
    files = project(
        network,
        plan(network, board, Overrides("io_stream"), shared=False),
        board,
        "vitis",
        clean(from_frozen(frozen), _VECTORS),
        folder.frozen.read_bytes(),
    )
    made = out / "manifest.json"
    if not made.is_file() or made.read_bytes() != files.files["manifest.json"]:
        files.write(out, "HLS project")
    return CsimRunner(open_project(out))
