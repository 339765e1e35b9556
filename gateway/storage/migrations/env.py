"""How Alembic runs the revisions of one folder, inside the transaction it is handed."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    target_metadata=attributes.get("metadata"),
)
context.run_migrations()
