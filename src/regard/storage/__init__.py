"""What is kept on disk: the database, keys, crops and vectors of one data folder."""
