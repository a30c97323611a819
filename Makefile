# Thin names for run.py, which does the work and needs nothing but Python 3.11.
PYTHON ?= python3

.PHONY: help setup demo test serve check bench lock clean
help:
	@echo "make demo    set up and run the demo marketplace; open var/demo/index.html"
	@echo "make test    set up and run all tests, on SQLite and PostgreSQL"
	@echo "make serve   set up and serve API and pages"
	@echo "make check   format, lint, import contracts, types, licences, migrations"
	@echo "make bench   the published figures, quick form (ARGS='checkout --runs 200')"
	@echo "make setup | lock | clean"
setup demo test serve check bench lock clean:
	@$(PYTHON) run.py $@ $(ARGS)
