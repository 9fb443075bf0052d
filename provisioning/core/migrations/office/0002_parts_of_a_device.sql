-- An application is its device's, and a device its key: the same application id under another
-- device's key is another application, whose parts do not mix with these.
CREATE TABLE part_of_device (
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

-- Every part was noted in its device's sequence when it was stored.
INSERT INTO part_of_device
SELECT owner.device, owner.device_key, part.application, part, of_parts, digest, envelope, certificate
FROM part
JOIN (SELECT application, device, device_key FROM sequence GROUP BY application) AS owner
    ON owner.application = part.application;

DROP TABLE part;
ALTER TABLE part_of_device RENAME TO part;
