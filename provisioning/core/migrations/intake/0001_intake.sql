-- What devices delivered. The row stays for ever: it answers repeats. The office fetches the bytes,
-- then they go. Positions run upwards and are never used again: they are the office's cursor.
-- An application id is its device's: another device's envelope under it is another envelope.
CREATE TABLE envelope (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    application BLOB    NOT NULL,
    part        INTEGER NOT NULL,
    device      TEXT    NOT NULL,
    digest      BLOB    NOT NULL, -- SHA-256 of the bytes
    receipt     BLOB    NOT NULL, -- the first answer, byte for byte
    bytes       BLOB,
    certificate BLOB,             -- with which the device came, DER
    UNIQUE (device, application, part)
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

-- Alerts of the business day. Nothing in them is about a person.
CREATE TABLE alert (
    position        INTEGER PRIMARY KEY AUTOINCREMENT,
    id              BLOB    NOT NULL UNIQUE,
    device          TEXT    NOT NULL,
    site            TEXT    NOT NULL,
    alert           TEXT    NOT NULL, -- as the device said it, JSON
    business_day    TEXT    NOT NULL,
    received_ms     INTEGER NOT NULL, -- since 1970
    acknowledged_at TEXT
) STRICT;

CREATE INDEX alert_of_device ON alert (device, received_ms);
