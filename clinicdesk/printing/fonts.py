"""The embedded typeface: Inter, which has the naira sign and the letters of Yoruba, Igbo and Hausa."""

from clinicdesk.resources import resource

REGULAR, SEMIBOLD, BOLD = "Inter-Regular", "Inter-SemiBold", "Inter-Bold"

# Cap height over type size: 2 mm letters on a label are 7.8 points (spec 5.10).
CAP_HEIGHT = 0.7275


def register() -> None:
    """Hand fresh fonts to reportlab: shaping adds glyphs to them, and no document may change the next."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in (REGULAR, SEMIBOLD, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(resource("fonts", f"{name}.ttf"))))
