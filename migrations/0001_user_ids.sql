-- Users are numbered from 100000 up.
INSERT INTO sqlite_sequence (name, seq) VALUES ('users', 99999);
