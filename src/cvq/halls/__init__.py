"""Courts and sports halls: who booked when, and the lease of door and light that a tap takes."""
