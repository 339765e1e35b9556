"""How text becomes words, in English and in Chinese."""

import sqlite3

import pytest

from plugins.knowledge import tokens

NOTE = "妈妈教我的红烧肉要用五花肉，加冰糖，小火炖七十分钟。"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("红烧肉", ["红烧", "烧肉", "肉"]),
        ("肉", ["肉"]),
        ("Espresso-Grinder v2", ["espresso", "grinder", "v2"]),
        ("用Postgres迁移", ["用", "postgres", "迁移", "移"]),
        ("ＡＢＣ１２３", ["abc123"]),  # full-width forms are the same words
        ("カタカナ ﾊﾝｶｸ", ["カタ", "タカ", "カナ", "ナ", "ハン", "ンカ", "カク", "ク"]),
        ("snake_case, 3.5 %", ["snake", "case", "3", "5"]),
        ("…!? 🙂", []),
    ],
)
def test_text_becomes_words(text, words):
    assert list(tokens.words(text)) == words


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("What is the best grinder?", ["best", "grinder"]),
        ("请问红烧肉怎么做", ["问红", "红烧", "烧肉", "肉怎", "么做"]),
        ("the who", ["the", "who"]),  # nothing but stop words: they are all there is to look for
        ("什么", ["什么"]),
        ("税", ["税"]),
        ("grinder Grinder GRINDER", ["grinder"]),
    ],
)
def test_a_query_leaves_out_what_says_nothing(query, terms):
    assert tokens.terms(query) == terms


def test_a_single_chinese_character_is_looked_for_as_a_beginning():
    assert tokens.match_expression("税") == '"税"*'
    assert tokens.match_expression("C") == '"c"'


def test_what_stands_together_counts_once_more():
    assert tokens.match_expression("红烧肉") == '"红烧" OR "烧肉" OR "红烧 烧肉"'
    assert tokens.phrases('find "late blight" in notes') == ['"late blight"']
    assert tokens.phrases("late blight") == []


def test_what_is_quoted_or_asked_for_alone_is_wanted_exactly():
    assert tokens.exact_expression("红烧肉") == '"红烧 烧肉"'
    assert tokens.exact_expression("“五花肉” 怎么做 “冰糖水”") == '"五花 花肉" AND "冰糖 糖水"'
    assert tokens.exact_expression("妈妈教我的红烧肉要炖多久") == tokens.NONE
    assert tokens.exact_expression("红烧肉 做法") == tokens.NONE


def test_a_query_of_any_length_has_few_terms():
    assert len(tokens.terms(" ".join(f"word{number}" for number in range(5_000)))) == 100


@pytest.mark.parametrize(
    "query", ['"', "a AND", "NEAR(x y)", "title:x", "^x", "x*", "(", "-x", "'; --", "a\0b"]
)
def test_no_query_is_a_syntax_error(query):
    database = stock("porter unicode61")
    expression = tokens.match_expression(query)
    if expression:
        database.execute("SELECT * FROM words WHERE words MATCH ?", (expression,)).fetchall()


def test_the_stock_tokenizer_finds_nothing_in_chinese_and_ours_does():
    theirs, ours = stock("unicode61"), stock("porter unicode61")
    theirs.execute("INSERT INTO words VALUES (?)", (NOTE,))
    ours.execute("INSERT INTO words VALUES (?)", (" ".join(tokens.words(NOTE)),))
    for query in ("红烧肉", "五花肉", "冰糖", "炖", "分钟"):
        assert not found(theirs, f'"{query}"'), query
        assert found(ours, tokens.match_expression(query)), query


def stock(tokenizer):
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE VIRTUAL TABLE words USING fts5(text, tokenize='{tokenizer}')")
    return database


def found(database, expression):
    return database.execute("SELECT * FROM words WHERE words MATCH ?", (expression,)).fetchall()
