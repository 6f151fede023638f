"""Pages of this area: files that are taken in, products, customers."""

from voc.customers import import_pages, people_pages
from voc.customers.pages import blueprint

__all__ = ["blueprint", "import_pages", "people_pages"]
