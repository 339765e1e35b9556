"""Where the notes are: those that ship with the plugin, or a folder of the owner's own."""

from dataclasses import dataclass
from pathlib import Path

from .errors import NotesUnavailable
from .vault import Root

SHIPPED = Path(__file__).parent / "notes"


@dataclass(frozen=True)
class Folders:
    """The roots that are searched, and where new notes go: a folder under one of them."""

    roots: tuple[Root, ...]
    saving_root: Root
    saving_folder: str = ""


def folders_of(chosen: str, data_dir: Path, setting: str) -> Folders:
    """The owner's folder where one is chosen, else the shipped notes and saved ones in `data_dir`.

    `setting` is the name under which the folder is chosen. Raises NotesUnavailable where the chosen
    folder is not there: then nothing is forgotten, as it may only be unmounted.
    """
    if not chosen:
        saved = Root(data_dir / "notes", "saved")
        saved.folder.mkdir(parents=True, exist_ok=True)
        return Folders((Root(SHIPPED), saved), saved)
    folder = Path(chosen).expanduser().absolute()
    if not folder.is_dir():
        raise NotesUnavailable(
            f"There is no folder {folder}. Set {setting} to the folder of the notes."
        )
    return Folders((Root(folder),), Root(folder), "saved")
