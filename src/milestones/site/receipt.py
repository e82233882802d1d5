"""The build's own receipt: how long the pages ran, and what that may have drawn."""

from milestones.site.contract import Page, Site

WATTS = (3.5, 65)
"""What one busy core may draw, low and high, for the essay too, whose footnotes name the sources.

A cloud's mean for a virtual processor, and what a whole common desktop processor is rated for.
"""


def receipt(site: Site, page: Page) -> str:
    """Return a sentence with the seconds that the builder noted, this page not counted.

    A page that did not change is not run again, and counts with the time of its last run.
    """
    others = [outcome for source, outcome in site.outcomes.items() if source != page.source]
    seconds = sum(outcome["seconds"] for outcome in others)
    low, high = (watts * seconds for watts in WATTS)
    return (
        f"The builder noted more exactly how long each of the other {len(others)} pages that run "
        f'took when it last ran: <span class="measured">{seconds:,.0f}</span> seconds in all, or '
        f'<span class="measured">{low:,.0f} to {high:,.0f}</span> joules.'
    )
