/* Stands in for FreeBSD's sys/stdint.h. */
#include <stdint.h>
