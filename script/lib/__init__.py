"""What the programs in ``script/`` share; the standard library only."""
