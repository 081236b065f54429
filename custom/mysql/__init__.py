"""Django's backend of MySQL and MariaDB, made cheaper to use; see ``base``."""
