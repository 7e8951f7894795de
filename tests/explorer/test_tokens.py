import pytest

from ontogeny.errors import DamagedFileError
from ontogeny.explorer.tokens import Tokenizer


def byte_level(folder, text):
    from tokenizers import ByteLevelBPETokenizer

    made = ByteLevelBPETokenizer()
    made.train_from_iterator([text], vocab_size=300, min_frequency=1)
    made.save(str(folder / "tokenizer.json"))
    return Tokenizer(folder)


def test_words_show_their_spaces_and_parts_of_letters_their_names(tmp_path):
    tokenizer = byte_level(tmp_path, "the cat sat on the mat " * 50)
    assert [tokenizer.word(token) for token in tokenizer.ids("the cat\n")] == ["the", "·cat", "⏎"]
    assert [tokenizer.word(token) for token in tokenizer.ids("\x07")] == [r"\x07"]
    for token in tokenizer.ids("é"):  # two bytes, neither of them a letter
        assert "\ufffd" not in tokenizer.word(token)
    assert tokenizer.word(10_000) == "10000"


def test_spaces_that_decoding_drops_are_shown(tmp_path):
    from tokenizers import Tokenizer as Made
    from tokenizers import decoders, models, pre_tokenizers

    made = Made(models.WordLevel({"<unk>": 0, "▁the": 1, "▁cat": 2}, unk_token="<unk>"))
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    made.save(str(tmp_path / "tokenizer.json"))
    tokenizer = Tokenizer(tmp_path)
    assert [tokenizer.word(token) for token in tokenizer.ids("the cat")] == ["·the", "·cat"]


@pytest.mark.parametrize("text", ["", "{", '{"model": 3}', "\x80"])
def test_what_is_no_tokenizer_is_said(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(DamagedFileError, match=r"tokenizer.json is no tokenizer \("):
        Tokenizer(tmp_path)
