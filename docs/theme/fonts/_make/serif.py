"""Make `ceiling-serif*.woff2`: the letters of Source Serif 4 that prose in English and names need.

    npm pack @fontsource-variable/source-serif-4     (unpack it, and name the folder)
    pip install fonttools brotli
    python docs/theme/fonts/_make/serif.py FOLDER

The results are committed; run this again only to add letters. The SIL Open Font License reserves
the name "Source" for the original, hence "Ceiling Serif"; see OFL-ceiling-serif.txt.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

HERE = Path(__file__).parents[1]
LETTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *(0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026),
    *(0x2032, 0x2033, 0x20AC, 0x2122, 0x2190, 0x2192, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265),
]
MORE = [*range(0x100, 0x180), 0x218, 0x219, 0x21A, 0x21B]  # Łukasz, Tomáš, Çağlar
STYLES = {"normal": ("ceiling-serif", (400, 700)), "italic": ("ceiling-serif-italic", 400)}


def main(folder: Path) -> None:
    """Write both styles, and their rarer letters in files of their own that few pages fetch."""
    for style, (name, weights) in STYLES.items():
        for part, letters, suffix in (("latin", LETTERS, ""), ("latin-ext", MORE, "-more")):
            source = folder / "files" / f"source-serif-4-{part}-wght-{style}.woff2"
            font = instancer.instantiateVariableFont(TTFont(source), {"wght": weights})
            options = subset.Options(
                flavor="woff2",
                layout_features=[
                    "kern",
                    "liga",
                    "mark",
                    "mkmk",
                    "ccmp",
                    "locl",
                    "onum",
                    "lnum",
                    "pnum",
                    "tnum",
                ],
                name_IDs=["*"],
            )
            maker = subset.Subsetter(options)
            maker.populate(unicodes=letters)
            maker.subset(font)
            for record in font["name"].names:
                if record.nameID in (1, 3, 4, 6, 16, 25):
                    record.string = str(record).replace("Source", "Ceiling").replace(" 4", "")
            font.flavor = "woff2"
            target = HERE / f"{name}{suffix}.woff2"
            font.save(target)
            print(target.name, target.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
