-- Where a device sits. Only there somebody logs in.
CREATE TABLE counter (
    device TEXT    PRIMARY KEY,
    site   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    UNIQUE (site, number)
) STRICT;

-- Who works at the counters.
CREATE TABLE clerk (
    number          TEXT    PRIMARY KEY,
    name            TEXT    NOT NULL,
    password        TEXT    NOT NULL, -- Argon2id, PHC string
    change_password INTEGER NOT NULL,
    roles           TEXT    NOT NULL, -- JSON
    sections        TEXT    NOT NULL, -- JSON
    locked          INTEGER NOT NULL
) STRICT;

-- Who is logged in where: one at a device, and one device for each.
CREATE TABLE clerk_session (
    token     BLOB PRIMARY KEY, -- SHA-256
    clerk     TEXT NOT NULL UNIQUE REFERENCES clerk (number),
    device    TEXT NOT NULL UNIQUE,
    begun_at  TEXT NOT NULL,
    last_seen TEXT NOT NULL
) STRICT;

-- A number's turn in one section's line.
CREATE TABLE turn (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    revision     INTEGER NOT NULL UNIQUE,
    site         TEXT    NOT NULL,
    day          TEXT    NOT NULL, -- in whose lines it stands
    business_day TEXT    NOT NULL, -- of the number
    visit        TEXT    NOT NULL,
    ticket       TEXT    NOT NULL,
    origin       TEXT    NOT NULL, -- the section of its applications
    section      TEXT    NOT NULL, -- whose line it is in
    stage        TEXT    NOT NULL,
    counter      INTEGER,          -- who has it
    turn         TEXT    NOT NULL, -- JSON
    UNIQUE (visit, origin)
) STRICT;

CREATE INDEX turn_of_day ON turn (site, day, stage);
CREATE INDEX turn_of_number ON turn (business_day, ticket);

-- One row: how far the lines are.
CREATE TABLE lines (revision INTEGER NOT NULL) STRICT;
INSERT INTO lines (revision) VALUES (0);

-- Sections that give no more numbers on a day.
CREATE TABLE stopped (
    day     TEXT NOT NULL,
    site    TEXT NOT NULL,
    section TEXT NOT NULL,
    PRIMARY KEY (day, site, section)
) STRICT;

ALTER TABLE application ADD COLUMN section TEXT;
-- Whether it takes effect as it is: then it is never erased by itself.
ALTER TABLE application ADD COLUMN electronic INTEGER NOT NULL DEFAULT 0;
ALTER TABLE application ADD COLUMN ended TEXT CHECK (ended IN ('finished', 'rejected', 'done_on_paper'));
ALTER TABLE application ADD COLUMN visit TEXT AS (json_extract(header, '$.visit'));
CREATE INDEX application_of_visit ON application (visit, section);

-- What clerks confirmed, decided and checked. It goes with its application.
CREATE TABLE review (
    application BLOB    PRIMARY KEY REFERENCES application (id) ON DELETE CASCADE,
    found       TEXT    NOT NULL, -- whether the register knew the person
    person      TEXT,             -- what it said of them, JSON
    protected   INTEGER NOT NULL, -- 支援措置: somebody who may be meant
    progress    TEXT    NOT NULL, -- JSON; nothing of a person, for the lines
    review      TEXT    NOT NULL  -- JSON
) STRICT;
