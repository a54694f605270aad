/* Stands in for FreeBSD's sys/param.h, of which the header needs NULL. */
#include <stddef.h>
