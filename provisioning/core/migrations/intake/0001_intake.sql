-- What devices delivered. The row stays for ever: it answers repeats. The office fetches the bytes,
-- then they go. Positions run upwards and are never used again: they are the office's cursor.
CREATE TABLE envelope (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    application BLOB    NOT NULL,
    part        INTEGER NOT NULL,
    device      TEXT    NOT NULL,
    digest      BLOB    NOT NULL, -- SHA-256 of the bytes
    receipt     BLOB    NOT NULL, -- the first answer, byte for byte
    bytes       BLOB,
    certificate BLOB,             -- with which the device came, DER
    UNIQUE (application, part)
) STRICT;

CREATE INDEX envelope_waiting ON envelope (position) WHERE bytes IS NOT NULL;

-- Ticket numbers leased. A letter's next free number follows its highest `last` of the day.
CREATE TABLE ticket_block (
    business_day TEXT    NOT NULL,
    letter       TEXT    NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    device       TEXT    NOT NULL,
    leased_at    TEXT    NOT NULL,
    PRIMARY KEY (business_day, letter, first)
) STRICT;
