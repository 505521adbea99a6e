"""The roof: settings, urls, workers, embedded services. Wiring only."""
