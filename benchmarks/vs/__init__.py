"""Wide vital signs, 493,350 rows of six measurements, from CSV to VS as a transport file."""
