"""The fewest writes that can keep an order: raw SQL, tables of its own.

Each order is one transaction: its idempotency key, the order, a line, an event, a
movement of stock, an outbox message, and the conditional UPDATE of the stock level.
"""

import secrets
from collections.abc import Callable
from typing import Any

import MySQLdb

TABLES = {
    "floor_key": "digest CHAR(64) UNIQUE, made CHAR(36)",
    "floor_order": "number CHAR(16) UNIQUE, email VARCHAR(254), total DECIMAL(12, 3), "
    "address JSON, KEY (email)",
    "floor_line": "order_id BIGINT, product BIGINT, quantity INT, "
    "price DECIMAL(12, 3), title VARCHAR(255), KEY (order_id), KEY (product)",
    "floor_event": "order_id BIGINT, type VARCHAR(32), KEY (order_id)",
    "floor_movement": "level BIGINT, units INT, source CHAR(64), "
    "UNIQUE (level, source)",
    "floor_message": "topic VARCHAR(64), state VARCHAR(16), payload JSON, KEY (state)",
    "floor_level": "in_stock INT, allocated INT",
}
ADDRESS = '{"name": "Lovelace", "line1": "Stephansplatz 1", "city": "Wien"}'
UNITS = 1_000_000


def make_tables(link: Any, products: int) -> None:  # noqa: ANN401 - mysqlclient's
    """Make the tables and fill the stock."""
    cursor = link.cursor()
    for name, columns in TABLES.items():
        key = "id BIGINT PRIMARY KEY AUTO_INCREMENT"
        cursor.execute(f"CREATE TABLE {name} ({key}, {columns}) ENGINE=InnoDB")
    rows = [(UNITS,)] * products
    cursor.executemany(
        "INSERT INTO floor_level (in_stock, allocated) VALUES (%s, 0)", rows
    )
    link.commit()


def open_floor(**address: Any) -> Callable[[int], None]:  # noqa: ANN401
    """Connect, and return what places one order of the product with a number."""
    link = MySQLdb.connect(autocommit=True, **address)
    cursor = link.cursor()

    def place(product: int) -> None:
        key = secrets.token_hex(32)
        number = key[:16]
        level = product + 1
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO floor_key (digest, made) VALUES (%s, %s)", (key, number)
        )
        cursor.execute(
            "INSERT INTO floor_order (number, email, total, address) "
            "VALUES (%s, 'guest@example.com', 9.90, %s)",
            (number, ADDRESS),
        )
        order = cursor.lastrowid
        cursor.execute(
            "INSERT INTO floor_line (order_id, product, quantity, price, title) "
            "VALUES (%s, %s, 1, 9.90, 'Metropolis')",
            (order, level),
        )
        cursor.execute(
            "INSERT INTO floor_event (order_id, type) VALUES (%s, 'placed')", (order,)
        )
        cursor.execute(
            "INSERT INTO floor_movement (level, units, source) VALUES (%s, 1, %s)",
            (level, key),
        )
        cursor.execute(
            "INSERT INTO floor_message (topic, state, payload) "
            "VALUES ('order.placed', 'pending', '{}')"
        )
        taken = cursor.execute(
            "UPDATE floor_level SET allocated = allocated + 1 "
            "WHERE id = %s AND in_stock >= allocated + 1",
            (level,),
        )
        cursor.execute("COMMIT" if taken else "ROLLBACK")

    return place
