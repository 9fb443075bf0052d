-- An application id is its device's: another device's envelope under it is another envelope.
CREATE TABLE envelope_of_device (
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

INSERT INTO envelope_of_device SELECT * FROM envelope;

DROP TABLE envelope;
ALTER TABLE envelope_of_device RENAME TO envelope;

CREATE INDEX envelope_waiting ON envelope (position) WHERE bytes IS NOT NULL;
