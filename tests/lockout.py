"""What earlier tests left on the servers that all share, while a clinic here is new: failed sign-ins, live sessions."""

import redis


def forget_failures(clinic):
    """Let the clinic read the server's log from its present end, so that nobody is locked out for others."""
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE cd.log_cursor SET file = pg_current_logfile('csvlog'), pos = (pg_stat_file(pg_current_logfile('csvlog'))).size "
            "WHERE pg_current_logfile('csvlog') IS NOT NULL"
        )


def forget_sessions(clinic):
    """Nobody is at work: people have the same ids in every test's clinic, and a seat that was cut off stays listed."""
    with redis.Redis.from_url(clinic.addresses.redis, protocol=2) as cache, clinic.owner() as owner:
        prefix = owner.execute("SELECT cache_prefix FROM installation").fetchone()[0]
        for kind in ("sess", "usess"):
            for key in cache.scan_iter(f"{prefix}:{kind}:*"):
                cache.delete(key)
