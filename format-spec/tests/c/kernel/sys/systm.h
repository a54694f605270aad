/* Stands in for FreeBSD's sys/systm.h, of which the header needs memcpy. */
void	*memcpy(void *, const void *, size_t);
