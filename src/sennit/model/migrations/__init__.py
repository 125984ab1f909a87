"""Migrations: the steps from one state of the models to the next, as files in the program's `migrations` folder.

Only `sennit db` and the start of an app that has the folder come here, and only what compares or runs loads Alembic.
"""
