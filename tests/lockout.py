"""Failed sign-ins of earlier tests: the server's log is one for all, a clinic here is new."""


def forget_failures(clinic):
    """Let the clinic read the server's log from its present end, so that nobody is locked out for others."""
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE cd.log_cursor SET file = pg_current_logfile('csvlog'), pos = (pg_stat_file(pg_current_logfile('csvlog'))).size "
            "WHERE pg_current_logfile('csvlog') IS NOT NULL"
        )
