"""The log and what is derived from it, in one database. SQLAlchemy lives only here."""
