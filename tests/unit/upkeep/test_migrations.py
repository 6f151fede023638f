"""Where the database stands, read without alembic: the site starts quicker."""

from alembic.script import ScriptDirectory

from voc import migrate


def test_the_newest_migration_is_alembics_head() -> None:
    scripts = ScriptDirectory(str(migrate.MIGRATIONS))
    assert migrate.newest() == scripts.get_current_head()
    assert {script.revision for script in scripts.walk_revisions()} == {name for name in migrate._written() if migrate.knows(name)}
    assert not migrate.knows("9999")
