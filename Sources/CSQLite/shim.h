// SQLite's C interface, as Debian's libsqlite3-dev declares it.
#ifndef TIDELINE_CSQLITE_SHIM_H
#define TIDELINE_CSQLITE_SHIM_H

#include <sqlite3.h>

#endif
