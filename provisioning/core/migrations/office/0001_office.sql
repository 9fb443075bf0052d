-- Parts that were proven to be their device's. The row stays for ever: it recognises repeats.
-- Bytes and certificate stay only until all parts of the application are there. An application is
-- its device's, and a device its key: the same application id under another device's key is another
-- application, whose parts do not mix with these.
CREATE TABLE part (
    device      TEXT    NOT NULL,
    device_key  BLOB    NOT NULL, -- SHA-256 of the public key
    application BLOB    NOT NULL,
    part        INTEGER NOT NULL,
    of_parts    INTEGER NOT NULL,
    digest      BLOB    NOT NULL, -- SHA-256 of the envelope
    envelope    BLOB,
    certificate BLOB,
    PRIMARY KEY (device, device_key, application, part)
) STRICT;

-- Which numbers of a device's series were seen, and whose they are. A key is a series: a device
-- that is enrolled anew begins at 1 again.
CREATE TABLE sequence (
    device      TEXT    NOT NULL,
    device_key  BLOB    NOT NULL, -- SHA-256 of the public key
    number      INTEGER NOT NULL,
    application BLOB    NOT NULL,
    PRIMARY KEY (device, device_key, number)
) STRICT;

-- Opened applications. The only table of this program with data of a person.
CREATE TABLE application (
    id          BLOB PRIMARY KEY,
    header      TEXT NOT NULL, -- of the first part
    content     BLOB NOT NULL, -- JSON of the application
    received_at TEXT NOT NULL
) STRICT;

-- Who looked at which application, and why.
CREATE TABLE opening (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    application BLOB NOT NULL REFERENCES application (id),
    operator    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    opened_at   TEXT NOT NULL
) STRICT;

-- What came from the intake and could not be taken, sealed as it came.
CREATE TABLE set_aside (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    digest       BLOB    NOT NULL UNIQUE, -- SHA-256 of envelope and certificate
    code         TEXT    NOT NULL,
    detail       TEXT    NOT NULL,
    application  BLOB,                    -- as the header claims
    device       TEXT,                    -- as the header claims
    envelope     BLOB    NOT NULL,
    certificate  BLOB    NOT NULL,
    set_aside_at TEXT    NOT NULL
) STRICT;

-- Where somebody is needed, and who said that they go there. Nothing in it is about a person.
CREATE TABLE alert (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    id              BLOB    NOT NULL UNIQUE,
    device          TEXT    NOT NULL,
    site            TEXT    NOT NULL,
    alert           TEXT    NOT NULL, -- as the device said it, JSON
    business_day    TEXT    NOT NULL,
    received_at     TEXT    NOT NULL,
    acknowledged_at TEXT,
    acknowledged_by TEXT,
    told            INTEGER NOT NULL DEFAULT 0 -- whether the intake knows of the acknowledgement
) STRICT;

CREATE INDEX alert_of_day ON alert (business_day);
CREATE INDEX alert_untold ON alert (number) WHERE acknowledged_at IS NOT NULL AND told = 0;
