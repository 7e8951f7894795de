"""Whose evidence is read: nothing is trained here."""

from ontogeny.configuration import configuration


@configuration
class Settings:
    preset: str = "laptop"
    """The preset of the evidence that is read: the user's own where there is some, else what is committed."""


PRESETS = {
    "smoke": Settings(),  # reading the committed evidence takes seconds
    "laptop": Settings(),
    "overnight": Settings(preset="overnight"),
    "paper": Settings(preset="paper"),
}
