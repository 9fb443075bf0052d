CREATE TABLE device (
    device           TEXT PRIMARY KEY,
    site             TEXT NOT NULL,
    token_sha256     BLOB,
    token_expires_at TEXT,
    token_used_for   BLOB, -- SHA-256 of the one request it was used for
    enrolled_at      TEXT,
    certificate      BLOB  -- the latest, DER
) STRICT;

-- The bundle that is handed out, as it was signed. `device` is empty but for profiles.
CREATE TABLE bundle (
    kind       TEXT    NOT NULL,
    device     TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    signed     TEXT    NOT NULL,
    taken_at   TEXT    NOT NULL,
    PRIMARY KEY (kind, device)
) STRICT;
