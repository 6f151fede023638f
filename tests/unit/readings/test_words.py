"""A customer's words as one text to read, and back in pieces with their evidence."""

from voc.readings.words import Piece, pieces, words_of

FOLLOW_UP = "stock_left"


def test_it_reads_the_text_then_the_follow_up_a_line_each() -> None:
    words = words_of("忙しくて", question=FOLLOW_UP, follow_up="まだ三袋あります")
    assert words.text == "忙しくて\nまだ三袋あります"


def test_it_reads_answers_to_questions_of_the_same_page_and_no_columns_of_a_file() -> None:
    words = words_of("特になし", extra={"last_use": "先月です", "備考": "電話で受付"})
    assert words.text == "特になし\n先月です"


def test_blank_parts_are_left_out() -> None:
    assert words_of("  \n", follow_up="").blank
    assert words_of("", question=FOLLOW_UP, follow_up="余っています").text == "余っています"


def test_it_marks_evidence_in_the_part_that_it_lies_in() -> None:
    words = words_of("味は好き", question=FOLLOW_UP, follow_up="三袋余った")
    shown = pieces(words, [[0, 4, "denied"], [7, 10, "for"]])
    assert shown == [(None, [Piece("味は好き", "denied")]), (FOLLOW_UP, [Piece("三袋"), Piece("余った", "for")])]


def test_what_speaks_for_the_reason_is_painted_over_what_is_denied_and_alerts_over_both() -> None:
    [(_, found)] = pieces(words_of("あいうえお"), [[0, 3], [0, 5, "for"], [0, 5, "denied"]])
    assert found == [Piece("あいう", "alert"), Piece("えお", "for")]


def test_spans_outside_the_text_do_no_harm() -> None:
    [(_, found)] = pieces(words_of("あい"), [[-3, 1, "for"], [1, 99, "denied"], [5, 9, "for"], [1, 1, "for"], [0, 2, "unknown"]])
    assert found == [Piece("あ", "for"), Piece("い", "denied")]


def test_emoji_count_as_the_classifier_counts_them() -> None:
    [(_, found)] = pieces(words_of("😢かゆい"), [[1, 4, "for"]])
    assert found == [Piece("😢"), Piece("かゆい", "for")]
