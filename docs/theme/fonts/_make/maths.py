"""Make `ceiling-math.woff2`: the part of Latin Modern Math that the notes can use.

Most formulas need few of its glyphs: `ceiling-math-core.woff2` has those, in a third of the weight.
It stands first in the style sheet, so that a browser fetches the other only for what it lacks.

    apt-get install fonts-lmodern && pip install fonttools brotli
    python docs/theme/fonts/_make/maths.py

The result is committed; run this again only to add glyphs. The GUST Font License asks that a
changed font has another name, hence "Ceiling Math"; see MANIFEST-ceiling-math.txt.
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf")
TARGET = Path(__file__).parents[1] / "ceiling-math.woff2"

RANGES = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00FF),  # × ÷ ± ¬ · and accented letters in \text
    (0x02C6, 0x02DC),  # accents
    (0x0300, 0x0338),  # combining accents, the line of \overline, the stroke of \not
    (0x0391, 0x03F6),  # Greek
    (0x2010, 0x2057),  # dashes, ellipsis, primes
    (0x2061, 0x2064),  # invisible operators
    (0x20D0, 0x20EF),  # arrows above letters
    (0x2100, 0x214F),  # ℝ ℒ ℓ ℵ
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # operators
    (0x2308, 0x2321),  # ceilings, floors
    (0x239B, 0x23B9),  # pieces of tall brackets
    (0x23DC, 0x23E1),  # horizontal braces and brackets
    (0x25A0, 0x25CF),  # squares, triangles, circles
    (0x2713, 0x2713),  # ✓
    (0x27C2, 0x27C2),  # ⟂
    (0x27E6, 0x27EF),  # ⟦ ⟨
    (0x27F5, 0x27FF),  # long arrows
    (0x2A00, 0x2A06),  # large operators
    (0x2A7D, 0x2AB0),  # ⩽ ⩾ ⪯ ⪰
    (0x1D400, 0x1D503),  # bold, italic, bold italic, script
    (0x1D538, 0x1D56B),  # double-struck
    (0x1D5A0, 0x1D5D3),  # sans-serif
    (0x1D670, 0x1D6A3),  # monospace
    (0x1D6A4, 0x1D755),  # Greek: bold, italic, bold italic
    (0x1D7CE, 0x1D7E1),  # digits: bold, double-struck
    (0x1D7F6, 0x1D7FF),  # digits: monospace
]
CORE = [
    *((0x0020, 0x007E), (0x00A0, 0x00BF), (0x00D7, 0x00D7), (0x02C6, 0x02DC)),  # ASCII, ×, accents
    *((0x0391, 0x03F6), (0x1D434, 0x1D467), (0x1D6E2, 0x1D71B)),  # Greek, italics
    (0x1D400, 0x1D433),  # bold, for vectors
    *((0x1D49C, 0x1D4B5), (0x210B, 0x210B), (0x2110, 0x2113), (0x212C, 0x2133)),  # 𝒩 ℋ ℒ ℓ ℬ ℱ
    *((0x210E, 0x210E), (0x1D5B3, 0x1D5B3)),  # an italic h, and the T of a transpose
    *((0x1D53C, 0x1D53C), (0x2115, 0x2115), (0x211D, 0x211D), (0x2124, 0x2124)),  # 𝔼 ℕ ℝ ℤ
    *((0x2010, 0x2026), (0x2032, 0x2034), (0x2061, 0x2064), (0x2190, 0x2192), (0x21D2, 0x21D2)),
    *((0x2200, 0x2200), (0x2202, 0x2202), (0x2206, 0x2213), (0x2217, 0x221E), (0x2225, 0x222B)),
    *((0x223C, 0x223C), (0x2248, 0x2248), (0x2260, 0x2265), (0x2295, 0x2299), (0x22A4, 0x22A5)),
    *((0x22C5, 0x22C5), (0x22EE, 0x22F1), (0x2308, 0x230B), (0x27E8, 0x27E9)),
    (0x239B, 0x23AE),  # pieces of tall brackets
]
PRIMES = (0x2032, 0x2033, 0x2034, 0x2057)


def main() -> None:
    """Write both subsets under a name of their own."""
    options = subset.Options(
        layout_features=[],  # forms for indices would add 40 kB, and Chromium ignores them
        flavor="woff2",
        name_IDs=["*"],
        drop_tables=[*subset.Options().drop_tables, "FFTM"],
        notdef_outline=True,
    )
    for target, ranges in ((TARGET, RANGES), (TARGET.with_stem("ceiling-math-core"), CORE)):
        font = TTFont(SOURCE, recalcTimestamp=False)
        enlarge_primes(font)
        subsetter = subset.Subsetter(options)
        codes = [code for first, last in ranges for code in range(first, last + 1)]
        subsetter.populate(unicodes=codes)
        subsetter.subset(font)
        rename(font)
        subset.save_font(font, target, options)
        size = target.stat().st_size / 1000
        print(f"{target.name}: {size:.0f} kB, {font['maxp'].numGlyphs} glyphs")


def enlarge_primes(font: TTFont) -> None:
    """Make the primes those that stand in an exponent.

    A prime always stands there in MathML. The font's plain primes are small and high already;
    the right ones hang on its feature `ssty`, which Chromium does not use for operators.
    """
    enlarged = {code: f"{font.getBestCmap()[code]}.st" for code in PRIMES}
    for table in font["cmap"].tables:
        table.cmap.update(enlarged)


def rename(font: TTFont) -> None:
    """Give the changed font a name of its own, and say what it was made from."""
    names = {
        1: "Ceiling Math",
        2: "Regular",
        3: "Ceiling Math 1.0",
        4: "Ceiling Math",
        5: "Version 1.0; a subset of Latin Modern Math 1.959",
        6: "CeilingMath-Regular",
        10: "A subset of Latin Modern Math for the web, made by docs/theme/fonts/_make/maths.py.",
    }
    table = font["name"]
    keep = {0, 8, 9, 11, 13, 14}  # copyright, makers and licence stay as they are
    table.names = [record for record in table.names if record.nameID in keep]
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    outlines = font["CFF "].cff
    outlines.fontNames = ["CeilingMath-Regular"]
    top = outlines.topDictIndex[0]
    top.FullName = top.FamilyName = "Ceiling Math"


if __name__ == "__main__":
    main()
