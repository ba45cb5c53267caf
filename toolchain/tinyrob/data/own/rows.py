"""Tables of numbers and texts: CSV by Python itself, Parquet by pyarrow."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.own.packed import PART, Packed
from tinyrob.errors import DataError, ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.files.limits import MIB, Damaged, read_limited
from tinyrob.files.names import complaint, is_safe, safe

CSV_BYTES = 512 * MIB
CELLS, ROWS = 50_000_000, 5_000_000
COLUMNS = 10_000
_FIELD = 4096  # characters of a cell
PARQUET = (".parquet", ".pq")
SUFFIXES = (".csv", ".tsv", *PARQUET)


class Rows:
    """A table's columns by name, as texts or numbers; ``first`` is the file's line of row 0."""

    def __init__(self, path: Path, columns: Mapping[str, Sequence[object]], first: int) -> None:
        self.path, self.columns, self.first = path, columns, first
        self.count = len(next(iter(columns.values()))) if columns else 0

    def _column(self, name: str, key: str) -> Sequence[object]:
        if name not in self.columns:
            raise DataError(
                f"{self.path} has no column {name!r}; it has "
                f"{', '.join(map(repr, list(self.columns)[:20]))}",
                f"correct dataset.{key}, or the file's first line",
            )
        return self.columns[name]

    def texts(self, name: str, key: str) -> list[str]:
        """A column's texts. Raises DataError where it is missing, or a cell is empty."""
        known: dict[str, str] = {}  # one of each, however many cells hold it
        cells = (str(cell).strip() for cell in self._column(name, key))
        found = [known.setdefault(text, text) for text in cells]
        for row, text in enumerate(found):
            if not text:
                raise DataError(
                    f"{self.path}:{row + self.first}: the column {name!r} is empty",
                    "fill it in, or take the row out",
                )
        return found

    def numbers(self, names: Sequence[str], key: str) -> NDArray[np.float32]:
        """Columns (rows, channels). Raises DataError with the first cell that is no number."""
        made = np.empty((self.count, len(names)), np.float32)
        for place, name in enumerate(names):
            cells = self._column(name, key)
            try:
                made[:, place] = (
                    cells.floats() if isinstance(cells, Packed) else np.asarray(cells, np.float64)
                )
            except (ValueError, TypeError):
                self._refuse(name, cells)
            except OverflowError:
                made[:, place] = np.nan
        bad = np.argwhere(~np.isfinite(made))
        if len(bad):
            row, place = bad[0]
            raise DataError(
                f"{self.path}:{row + self.first}: {names[place]!r} is NaN, infinite or too large",
                f"mend the file: {len(bad):,} such cells are in it",
            )
        return made

    def numeric(self) -> list[str]:
        """The columns that hold numbers, in the file's order."""
        return [
            name for name, cells in self.columns.items() if _number(cells[0] if len(cells) else "")
        ]

    def _refuse(self, name: str, cells: Sequence[object]) -> None:
        for row, cell in enumerate(cells):
            if not _number(cell):
                raise DataError(
                    f"{self.path}:{row + self.first}: {name!r} holds {safe(str(cell))[:40]!r}, "
                    "not a number",
                    "mend the file, or leave the column out of dataset.channels",
                )


def _number(cell: object) -> bool:
    try:
        float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def read(path: Path) -> Rows:
    """The table in a file. Raises DataError that names the file and line, or ToolMissing."""
    try:
        content = read_limited(path, CSV_BYTES)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise DataError(f"{path}: {error}", "name a file, or cut it into several") from None
    if path.suffix.lower() in PARQUET:
        return _parquet(path, content)
    return _csv(path, content)


def _csv(path: Path, content: bytes) -> Rows:
    csv.field_size_limit(_FIELD)
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    try:
        first = lines.readline()
        lines.seek(0)
        sep = "\t" if path.suffix.lower() == ".tsv" else _separator(first)
        head, columns = _columns(path, csv.reader(lines, delimiter=sep))
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text", "save it as CSV in UTF-8") from None
    _check_head(path, head)
    if not columns or not columns[0]:
        raise DataError(f"{path} has no rows", "its first line names the columns, then rows follow")
    return Rows(path, dict(zip(head, columns, strict=True)), 2)


def _columns(path: Path, reader: Any) -> tuple[list[str], list[Packed]]:
    """The names in the first line, and the columns below. Raises DataError, UnicodeDecodeError."""
    head: list[str] = []
    columns: list[Packed] = []
    rows: list[list[str]] = []

    def pack() -> None:
        for column, texts in zip(columns, zip(*rows, strict=True), strict=False):
            column.add(texts)
        rows.clear()

    count = 0
    try:
        head = [name.strip() for name in next(reader, [])]
        columns = [Packed() for _ in head]
        for row in reader:
            if not row:
                continue
            if len(row) != len(head):
                raise DataError(
                    f"{path}:{reader.line_num}: {len(row)} cells, and the first line has "
                    f"{len(head)}",
                    "mend that line",
                )
            rows.append(row)
            count += 1
            _check_size(path, count, len(head))
            if len(rows) * len(head) >= PART:
                pack()
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}", "mend that line") from None
    pack()
    return head, columns


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _check_head(path: Path, head: Sequence[str]) -> None:
    if len(head) > COLUMNS:
        raise DataError(
            f"{path} has {len(head):,} columns, more than {COLUMNS:,}",
            "a column is a sensor's channel, a row a moment: is the table turned on its side?",
        )
    twice = sorted(name for name, times in Counter(head).items() if times > 1)
    if twice or not head:
        raise DataError(
            f"{path}: its first line names {'no columns' if not head else f'{twice[0]!r} twice'}",
            "the first line names the columns, each in its own way",
        )
    unsafe = next((name for name in head if not is_safe(name)), None)
    if unsafe is not None:
        raise DataError(
            f"{path}: the column '{safe(unsafe)[:80]}' {complaint(unsafe)}",
            "give it another name in the file's first line",
        )
    if all(map(_number, head)):
        raise DataError(
            f"{path}: its first line holds numbers, not the columns' names",
            "put a first line in, such as ax,ay,az,label",
        )


def _check_size(path: Path, rows: int, columns: int) -> None:
    if rows > ROWS or rows * columns > CELLS:
        raise DataError(
            f"{path} has more than {ROWS:,} rows, or {CELLS:,} cells", "cut it into files"
        )


def _cells(column: Any) -> Sequence[object]:
    """A column of a Parquet file: numbers as an array (NaN where none is), texts as a list."""
    import pyarrow

    if pyarrow.types.is_integer(column.type) or pyarrow.types.is_floating(column.type):
        return cast(Sequence[object], column.to_numpy())
    if not pyarrow.types.is_dictionary(column.type):
        return cast(Sequence[object], column.to_pylist())
    cells: list[object] = []
    for chunk in column.chunks:
        known = chunk.dictionary.to_pylist()
        where = chunk.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
        cells += np.array([*known, ""], object)[where].tolist()
    return cells


def _parquet(path: Path, content: bytes) -> Rows:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise ToolMissing("Parquet files are read by pyarrow", install_command("parquet")) from None
    try:
        schema = parquet.ParquetFile(io.BytesIO(content)).schema_arrow
        texts = [field.name for field in schema if pyarrow.types.is_string(field.type)]
        # A text that comes again and again is there once: it is how a small file grows.
        file = parquet.ParquetFile(io.BytesIO(content), read_dictionary=texts)
        about = file.metadata
        _check_size(path, about.num_rows, about.num_columns)
        table = file.read()
        columns = {str(n): _cells(table.column(n)) for n in table.column_names}
    except DataError:
        raise
    except Exception as error:  # pyarrow raises what it likes on a damaged file
        raise DataError(
            f"{path} is no Parquet file: {safe(str(error))[:120]}", "write it again"
        ) from None
    _check_head(path, list(columns))
    if not about.num_rows:
        raise DataError(f"{path} has no rows", "write it again")
    return Rows(path, columns, 0)
