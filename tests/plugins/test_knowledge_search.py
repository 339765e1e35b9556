"""What is found among notes, and in which order."""

from datetime import date

import pytest

from plugins.knowledge.library import Library
from plugins.knowledge.narrowing import Narrowing
from plugins.knowledge.vault import Root


@pytest.fixture
def notes_of(tmp_path):
    """Makes a library of the given texts, by path."""

    def make(texts):
        for path, text in texts.items():
            place = tmp_path / "notes" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        return Library(tmp_path / "index.sqlite3", (Root(tmp_path / "notes"),))

    return make


def paths(found):
    return [note.path for note in found.notes]


def others(text):
    """More notes: what is rare and what is common shows only among many."""
    return {f"other/{number}.md": text for number in range(20)}


def test_the_rare_word_wins(notes_of):
    rare = "Somewhere a grinder with a zeolite filter. " + "More words. " * 50
    library = notes_of({"rare.md": rare, **others("The grinder, the kettle and the beans.")})
    assert paths(library.find("grinder zeolite"))[0] == "rare.md"


def test_the_exact_chinese_phrase_wins(notes_of):
    library = notes_of(
        {
            "exact.md": "冰箱里还有半碗红烧肉，明天热一热。"
            + "别的都不重要，只是凑数的句子。" * 20,
            "pieces.md": "红烧排骨，红烧茄子，红烧鱼。烧肉饭，烧肉串，叉烧肉松。",
            **others("番茄炒蛋。"),
        }
    )
    assert paths(library.find("红烧肉"))[0] == "exact.md"


def test_a_quoted_phrase_wins(notes_of):
    library = notes_of(
        {
            "apart.md": "The blight came late. Late, late, late was the blight, said the blight report.",
            "together.md": "In August the late blight reached the open bed. " + "It rained. " * 30,
            **others("Tomatoes need sun."),
        }
    )
    assert paths(library.find('"late blight"'))[0] == "together.md"


def test_a_single_chinese_character_finds_notes(notes_of):
    library = notes_of(
        {"a.md": "三月报税。", "b.md": "税务局", "c.md": "交了很多的税", "d.md": "水电费"}
    )
    assert sorted(paths(library.find("税"))) == ["a.md", "b.md", "c.md"]


def test_other_forms_of_an_english_word_are_found(notes_of):
    library = notes_of({"a.md": "Migrating databases", "b.md": "Baking bread"})
    assert paths(library.find("database migration")) == ["a.md"]


def test_titles_aliases_and_tags_are_searched(notes_of):
    head = "---\ntitle: 年度汇算\naliases: [报税]\ntags: [finance/tax]\n---\n"
    library = notes_of({"a.md": head + "退税一千元。", "b.md": "nothing"})
    for query in ("年度汇算", "报税", "finance", "退税"):
        assert paths(library.find(query)) == ["a.md"], query


def test_a_word_in_the_title_counts_more(notes_of):
    library = notes_of(
        {
            "text.md": "---\ntitle: Something\n---\nA word about sourdough here.",
            "title.md": "---\ntitle: Sourdough\n---\nA word about bread here today.",
        }
    )
    assert paths(library.find("sourdough")) == ["title.md", "text.md"]


@pytest.mark.parametrize(
    "query", ['"', "a AND", "NEAR(", "path:x", "* OR *", "'; DROP TABLE notes; --"]
)
def test_operators_in_a_query_are_only_words(notes_of, query):
    library = notes_of({"a.md": "An ordinary note."})
    library.find(query)
    assert paths(library.find("ordinary")) == ["a.md"]


def test_without_words_nothing_is_found_but_a_star_lists_the_newest(notes_of):
    library = notes_of(
        {f"{day}.md": f"---\ndate: 2026-01-{day}\n---\nText" for day in ("03", "01", "02")}
    )
    assert paths(library.find("?!")) == []
    assert paths(library.find("*")) == ["03.md", "02.md", "01.md"]


def test_the_same_search_has_the_same_answer(notes_of):
    library = notes_of({f"{number:02}.md": "the same text in every note" for number in range(30)})
    first = paths(library.find("same text", limit=10))
    assert first == paths(library.find("same text", limit=10)) == sorted(first)
    assert library.find("same text", limit=10).total == 30


def test_notes_are_narrowed_by_tags_folder_and_days(notes_of):
    def note(tags, day):
        return f"---\ntags: [{tags}]\ndate: {day}\n---\nspring notes 春天"

    library = notes_of(
        {
            "Garden/a.md": note("Plants, herbs", "2026-03-01"),
            "Garden/阳台/b.md": note("plants", "2026-04-01"),
            "Gardening/c.md": note("travel/japan", "2026-05-01"),
        }
    )

    def narrowed(**by):
        return sorted(paths(library.find("spring", Narrowing(**by))))

    assert narrowed(tags=("plants",)) == ["Garden/a.md", "Garden/阳台/b.md"]
    assert narrowed(tags=("#plants", "herbs")) == ["Garden/a.md"]
    assert narrowed(tags=("travel",)) == ["Gardening/c.md"]
    assert narrowed(tags=("trav",)) == []
    assert narrowed(folder="garden/") == ["Garden/a.md", "Garden/阳台/b.md"]
    assert narrowed(folder="Garden/阳台") == ["Garden/阳台/b.md"]
    assert narrowed(since=date(2026, 4, 1)) == ["Garden/阳台/b.md", "Gardening/c.md"]
    assert narrowed(until=date(2026, 3, 31)) == ["Garden/a.md"]
    assert library.find("*", Narrowing(folder="Garden")).total == 2
