"""The demo: real case counts of China's cities in early 2020, replayed as case reports."""
