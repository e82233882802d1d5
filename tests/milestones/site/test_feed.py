"""The feed, held against the rules of Atom (RFC 4287), and the dates that it is made of."""

import datetime
import re
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree

import pytest

from milestones.catalogue import Catalogue, CatalogueError
from milestones.site import feed

ROOT = Path(__file__).parents[3]
ATOM = "{http://www.w3.org/2005/Atom}"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DAY = datetime.date(2026, 11, 20)


def rules(text):
    """Check what RFC 4287 demands of every feed, and return its root."""
    root = ElementTree.fromstring(text)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):  # 4.1.1 and 4.1.2: exactly one of each
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
        assert INSTANT.fullmatch(element.findtext(f"{ATOM}updated"))
        alternate = [e for e in element.findall(f"{ATOM}link") if e.get("rel") == "alternate"]
        assert len(alternate) == 1
        assert alternate[0].get("type") == "text/html"
    assert len(root.findall(f"{ATOM}author/{ATOM}name")) == 1  # 4.2.1: of all entries, then
    (own,) = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href").endswith("feed.xml")
    names = [element.findtext(f"{ATOM}id") for element in (root, *entries)]
    assert len(set(names)) == len(names)  # 4.2.6: universally unique, and an absolute IRI
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", name) for name in names)
    times = [entry.findtext(f"{ATOM}updated") for entry in entries]
    assert times == sorted(times, reverse=True)
    assert root.findtext(f"{ATOM}updated") == times[0]
    return root


def entries(root):
    return [
        (
            entry.findtext(f"{ATOM}title"),
            entry.findtext(f"{ATOM}updated")[:10],
            entry.find(f"{ATOM}link").get("href"),
            entry.findtext(f"{ATOM}summary"),
        )
        for entry in root.iter(f"{ATOM}entry")
    ]


@pytest.fixture
def dated(three):
    """LeNet came out and was revised twice; backprop came out in between; another has no date."""
    three.note("unet", heading="U-Net", year=2015)
    three.note(
        "backprop",
        heading="Back & propagation",
        year=1986,
        first_published=datetime.date(2026, 11, 3),
    )
    revised = [
        {"date": datetime.date(2026, 11, 3), "what": "Five *seeds*."},
        {"date": datetime.date(2026, 11, 5), "what": "x < y & z"},
    ]
    three.note(
        "lenet", heading="LeNet", first_published=datetime.date(2026, 11, 1), revised=revised
    )
    return three


def test_each_new_and_each_changed_note_is_an_entry_the_newest_first(dated, monkeypatch):
    monkeypatch.delenv("SITE_URL", raising=False)
    root = rules(feed.files(dated.site)["feed.xml"])
    lenet, backprop = (f"papers/foundations/{slug}.html" for slug in ("lenet", "backprop"))
    assert entries(root) == [
        ("LeNet (1998), revised", "2026-11-05", lenet, "x < y & z"),
        ("Back & propagation (1986)", "2026-11-03", backprop, "What backprop brought."),
        ("LeNet (1998), revised", "2026-11-03", lenet, "Five seeds."),
        ("LeNet (1998)", "2026-11-01", lenet, "What lenet brought."),
    ]


@pytest.mark.parametrize("given", ["https://example.org/a&b", "https://example.org/a&b/"])
def test_addresses_are_whole_where_the_sites_is_known_and_names_do_not_depend_on_it(
    dated, monkeypatch, given
):
    monkeypatch.delenv("SITE_URL", raising=False)
    without = rules(feed.files(dated.site)["feed.xml"])
    monkeypatch.setenv("SITE_URL", given)
    root = rules(feed.files(dated.site)["feed.xml"])
    links = [[link.get("href") for link in each.iter(f"{ATOM}link")] for each in (without, root)]
    assert links[1] == [urljoin("https://example.org/a&b/", link) for link in links[0]]
    names = [[name.text for name in each.iter(f"{ATOM}id")] for each in (without, root)]
    assert names[0] == names[1]


def test_a_name_stays_when_the_note_changes(dated, monkeypatch):
    def names():
        root = rules(feed.files(dated.site)["feed.xml"])
        return {
            e.findtext(f"{ATOM}title"): e.findtext(f"{ATOM}id") for e in root.iter(f"{ATOM}entry")
        }

    before = names()["LeNet (1998)"]
    dated.note(
        "lenet", heading="LeNet-5", title="Another", first_published=datetime.date(2026, 11, 2)
    )
    assert names()["LeNet-5 (1998)"] == before


def test_a_draft_and_a_plan_are_no_news(three):
    three.note("lenet", status="draft", first_published=DAY)
    three.note("backprop", status="planned", first_published=DAY, seconds=...)
    assert feed.files(three.site) == {}


def test_every_published_note_of_the_project_is_in_the_feed():
    undated = [note.slug for note in Catalogue.read(ROOT).published if not note.first_published]
    assert undated == [], "say since when: first_published: 2026-11-20"


LATER = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"first_published": 20261120}, "`first_published` must be a date, as 2026-11-20, not"),
        ({"first_published": LATER}, "is still to come: give a day that has been"),
        (
            {"revised": [{"date": DAY, "what": "x"}]},
            "`revised` needs `first_published`: give the day the note came out",
        ),
        (
            {
                "first_published": datetime.date(2026, 11, 20),
                "revised": [{"date": datetime.date(2026, 11, 19), "what": "x"}],
            },
            "`revised` needs the oldest first, none before `first_published`",
        ),
        (
            {"first_published": DAY, "revised": [{"date": DAY, "wat": "x"}]},
            "unknown key `revised.wat`: did you mean `what`?",
        ),
        ({"first_published": DAY, "revised": "x"}, "`revised` must be a list of pairs {date: …, "),
    ],
)
def test_wrong_dates_are_told(history, changes, told):
    history.note("lenet", **changes)
    with pytest.raises(CatalogueError, match=re.escape(told)):
        Catalogue.read(history.root)
