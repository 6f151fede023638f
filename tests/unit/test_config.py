"""Settings that cannot be used stop the start, with a sentence for whoever runs the server."""

from pathlib import Path

import pytest

from voc.config import from_environment
from voc.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOC_SMTP_ULR", "smtp://mail.example.co.jp"),
        ("VOC_DATABASE_URL", "mysql://voc:secret@db/voc"),
        ("VOC_SECRET_KEY", "short"),
        ("VOC_BASE_URL", "voc.example.co.jp"),
        ("VOC_SMTP_URL", "smtp://user:p@ss:word@host:mail"),
        ("VOC_MAIL_FROM", "お客様係"),
        ("VOC_READING_PROCESSES", "many"),
        ("VOC_INSTANCE_DIR", "/proc/nowhere"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_to_write(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        from_environment({"VOC_INSTANCE_DIR": str(tmp_path), name: value})
    sentence = told.value.message
    assert name in sentence
    assert any(words in sentence for words in ("例: ", "指定", "確かめて", "作れます"))
    assert "secret" not in sentence
    assert "p@ss" not in sentence
