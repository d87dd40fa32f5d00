"""What an operation of the services costs, beside the bare SQL for the same thing on the same server."""
