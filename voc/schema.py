"""All tables of the house in one import: for migrations, and wherever the whole schema is needed."""

import voc.accounts.tables
import voc.audit
import voc.campaigns.tables
import voc.customers.tables
import voc.delivery.tables
import voc.jobs
import voc.readings.tables
import voc.reviews.tables
import voc.surveys.tables  # noqa: F401
from voc.db import Base

metadata = Base.metadata
