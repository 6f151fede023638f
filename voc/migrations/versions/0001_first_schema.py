"""first schema"""

import sqlalchemy as sa
from alembic import op

import voc.db

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table('company_settings',
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('updated_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_company_settings'))
    )
    op.create_table('jobs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('unique_key', sa.String(length=120), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('run_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('heartbeat_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('worker', sa.String(length=80), nullable=True),
    sa.Column('progress', sa.JSON(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name=op.f('ck_jobs_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs'))
    )
    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.create_index('ix_jobs_name_created_at', ['name', 'created_at'], unique=False)
        batch_op.create_index('ix_jobs_status_run_at', ['status', 'run_at'], unique=False)
        batch_op.create_index('uq_jobs_unique_key_queued', ['unique_key'], unique=True, sqlite_where=sa.text("status = 'queued'"), postgresql_where=sa.text("status = 'queued'"))

    op.create_table('model_versions',
    sa.Column('version', sa.String(length=60), nullable=False),
    sa.Column('path', sa.String(length=400), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('card', sa.JSON(), nullable=False),
    sa.Column('in_use', sa.Boolean(), nullable=False),
    sa.Column('in_use_since', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('declined_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('added_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_model_versions'))
    )
    with op.batch_alter_table('model_versions', schema=None) as batch_op:
        batch_op.create_index('uq_model_versions_in_use', ['in_use'], unique=True, sqlite_where=sa.text('in_use'), postgresql_where=sa.text('in_use'))

    op.create_table('drift_checks',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('model_version', sa.String(length=60), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.Column('notices', sa.JSON(), nullable=False),
    sa.Column('seen', sa.JSON(), nullable=False),
    sa.Column('checked_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('month', name=op.f('pk_drift_checks'))
    )
    op.create_table('roles',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('permissions', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roles')),
    sa.UniqueConstraint('name', name=op.f('uq_roles_name'))
    )
    op.create_table('shops',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('platform', sa.String(length=30), nullable=False),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shops')),
    sa.UniqueConstraint('name', name=op.f('uq_shops_name'))
    )
    op.create_table('suppressions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason IN ('opt_out', 'hard_bounce', 'complaint', 'manual')", name=op.f('ck_suppressions_reason')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suppressions')),
    sa.UniqueConstraint('channel', 'address', name=op.f('uq_suppressions_channel_address'))
    )
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('password', sa.String(length=255), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('fs_uniquifier', sa.String(length=64), nullable=False),
    sa.Column('failed_logins', sa.Integer(), nullable=False),
    sa.Column('locked_until', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('last_login_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email')),
    sa.UniqueConstraint('fs_uniquifier', name=op.f('uq_users_fs_uniquifier'))
    )
    op.create_table('campaigns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('purchase_type', sa.String(length=12), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('rule', sa.JSON(), nullable=False),
    sa.Column('mail_subject', sa.String(length=120), nullable=False),
    sa.Column('mail_text', sa.Text(), nullable=False),
    sa.Column('open_days', sa.Integer(), nullable=False),
    sa.Column('holdout_percent', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('activated_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('closed_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('mail', 'paper', 'line', 'sms', 'phone')", name=op.f('ck_campaigns_channel')),
    sa.CheckConstraint("purchase_type IN ('one_off', 'subscription')", name=op.f('ck_campaigns_purchase_type')),
    sa.CheckConstraint("status IN ('draft', 'active', 'paused', 'closed')", name=op.f('ck_campaigns_status')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_campaigns_created_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns')),
    sa.UniqueConstraint('name', name=op.f('uq_campaigns_name'))
    )
    op.create_table('column_mappings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('header_hash', sa.String(length=64), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('confirmed_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_column_mappings_shop_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_column_mappings')),
    sa.UniqueConstraint('shop_id', 'kind', 'header_hash', name=op.f('uq_column_mappings_shop_id_kind_header_hash'))
    )
    op.create_table('customers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('external_id', sa.String(length=80), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('email_problem', sa.String(length=40), nullable=True),
    sa.Column('phone', sa.String(length=30), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('postal_address', sa.String(length=400), nullable=True),
    sa.Column('opt_out_token', sa.String(length=32), nullable=False),
    sa.Column('first_order_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('entry', sa.String(length=200), nullable=True),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_customers_shop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customers')),
    sa.UniqueConstraint('opt_out_token', name=op.f('uq_customers_opt_out_token')),
    sa.UniqueConstraint('shop_id', 'external_id', name=op.f('uq_customers_shop_id_external_id'))
    )
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.create_index('ix_customers_shop_id_email', ['shop_id', 'email'], unique=False)

    op.create_table('events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('customer_id', sa.Integer(), nullable=True),
    sa.Column('invitation_id', sa.Integer(), nullable=True),
    sa.Column('answer_id', sa.Integer(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_events_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events'))
    )
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.create_index('ix_events_customer_at', ['customer_id', 'at'], unique=False)
        batch_op.create_index('ix_events_kind_at', ['kind', 'at'], unique=False)

    op.create_table('import_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('filename', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('encoding', sa.String(length=20), nullable=True),
    sa.Column('platform', sa.String(length=30), nullable=True),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('imported', sa.Integer(), nullable=False),
    sa.Column('updated', sa.Integer(), nullable=False),
    sa.Column('merged', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.JSON(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('orders', 'customers', 'subscriptions', 'replies')", name=op.f('ck_import_runs_kind')),
    sa.CheckConstraint("status IN ('uploaded', 'queued', 'running', 'taken', 'refused')", name=op.f('ck_import_runs_status')),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_import_runs_shop_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_import_runs_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_runs'))
    )
    op.create_table('products',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=120), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('days_supply', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_products_shop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_products')),
    sa.UniqueConstraint('shop_id', 'code', name=op.f('uq_products_shop_id_code'))
    )
    op.create_table('user_roles',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['role_id'], ['roles.id'], name=op.f('fk_user_roles_role_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_roles_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'role_id', name=op.f('pk_user_roles'))
    )
    op.create_table('consents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('basis', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('form_version', sa.String(length=60), nullable=True),
    sa.Column('given_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("basis IN ('consent', 'business_relation')", name=op.f('ck_consents_basis')),
    sa.CheckConstraint("channel IN ('mail', 'line', 'sms', 'post', 'phone')", name=op.f('ck_consents_channel')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_consents_customer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consents')),
    sa.UniqueConstraint('customer_id', 'channel', name=op.f('uq_consents_customer_id_channel'))
    )
    op.create_table('orders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('ordered_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('purchase_type', sa.String(length=12), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.CheckConstraint("purchase_type IN ('one_off', 'subscription')", name=op.f('ck_orders_purchase_type')),
    sa.CheckConstraint("status IN ('purchased', 'cancelled', 'pending')", name=op.f('ck_orders_status')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_orders_customer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_orders_shop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('shop_id', 'number', name=op.f('uq_orders_shop_id_number'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_customer_id_ordered_at', ['customer_id', 'ordered_at'], unique=False)
        batch_op.create_index('ix_orders_ordered_at', ['ordered_at'], unique=False)

    op.create_table('subscriptions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('external_id', sa.String(length=80), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('started_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('cancelled_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('cycle_days', sa.Integer(), nullable=True),
    sa.Column('deliveries', sa.Integer(), nullable=False),
    sa.CheckConstraint("status IN ('active', 'paused', 'cancelled')", name=op.f('ck_subscriptions_status')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_subscriptions_customer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_subscriptions_product_id')),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_subscriptions_shop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriptions')),
    sa.UniqueConstraint('shop_id', 'external_id', name=op.f('uq_subscriptions_shop_id_external_id'))
    )
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.create_index('ix_subscriptions_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('ix_subscriptions_status_cancelled_at', ['status', 'cancelled_at'], unique=False)

    op.create_table('invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('purchase_type', sa.String(length=12), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('order_id', sa.Integer(), nullable=True),
    sa.Column('subscription_id', sa.Integer(), nullable=True),
    sa.Column('held_out', sa.Boolean(), nullable=False),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('asked_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('shown_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('answered_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('mail', 'paper', 'line', 'sms', 'phone')", name=op.f('ck_invitations_channel')),
    sa.CheckConstraint("purchase_type IN ('one_off', 'subscription')", name=op.f('ck_invitations_purchase_type')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_invitations_campaign_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_invitations_customer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_invitations_order_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_invitations_product_id')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscriptions.id'], name=op.f('fk_invitations_subscription_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('campaign_id', 'customer_id', name=op.f('uq_invitations_campaign_id_customer_id')),
    sa.UniqueConstraint('token', name=op.f('uq_invitations_token'))
    )
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.create_index('ix_invitations_asked_at', ['asked_at', 'purchase_type', 'product_id', 'channel', 'campaign_id', 'answered_at'], unique=False)
        batch_op.create_index('ix_invitations_customer_id_created_at', ['customer_id', 'created_at'], unique=False)

    op.create_table('order_lines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('unit_price', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_lines_order_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_order_lines_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_lines'))
    )
    with op.batch_alter_table('order_lines', schema=None) as batch_op:
        batch_op.create_index('ix_order_lines_order_id', ['order_id'], unique=False)
        batch_op.create_index('ix_order_lines_product_id', ['product_id'], unique=False)

    op.create_table('answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invitation_id', sa.Integer(), nullable=True),
    sa.Column('import_key', sa.String(length=64), nullable=True),
    sa.Column('external_id', sa.String(length=80), nullable=True),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('customer_id', sa.Integer(), nullable=True),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('purchase_type', sa.String(length=12), nullable=False),
    sa.Column('stated', sa.String(length=30), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('expectation', sa.Integer(), nullable=True),
    sa.Column('extra', sa.JSON(), nullable=False),
    sa.Column('answered_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("purchase_type IN ('one_off', 'subscription')", name=op.f('ck_answers_purchase_type')),
    sa.CheckConstraint("source IN ('web', 'paper', 'phone', 'line', 'import')", name=op.f('ck_answers_source')),
    sa.CheckConstraint('expectation BETWEEN 1 AND 5', name=op.f('ck_answers_expectation')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_answers_customer_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_answers_invitation_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_answers_product_id')),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_answers_shop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answers')),
    sa.UniqueConstraint('import_key', name=op.f('uq_answers_import_key')),
    sa.UniqueConstraint('invitation_id', name=op.f('uq_answers_invitation_id'))
    )
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.create_index('ix_answers_answered_at', ['answered_at'], unique=False)
        batch_op.create_index('ix_answers_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('ix_answers_product_id_answered_at', ['product_id', 'answered_at'], unique=False)

    op.create_table('drafts',
    sa.Column('invitation_id', sa.Integer(), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('saved_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_drafts_invitation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('invitation_id', name=op.f('pk_drafts'))
    )
    op.create_table('messages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invitation_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_attempt_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('lease_until', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('invitation', 'reminder')", name=op.f('ck_messages_kind')),
    sa.CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed', 'suppressed')", name=op.f('ck_messages_status')),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_messages_invitation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('invitation_id', 'kind', name=op.f('uq_messages_invitation_id_kind')),
    sa.UniqueConstraint('message_id', name=op.f('uq_messages_message_id'))
    )
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.create_index('ix_messages_status_next_attempt_at', ['status', 'next_attempt_at'], unique=False)

    op.create_table('questions_shown',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invitation_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('shown_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_questions_shown_invitation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questions_shown')),
    sa.UniqueConstraint('invitation_id', 'question', name=op.f('uq_questions_shown_invitation_id_question'))
    )
    op.create_table('alerts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('score', sa.Double(), nullable=True),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('raised_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('due_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('handled_by', sa.Integer(), nullable=True),
    sa.Column('handled_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.CheckConstraint("code IN ('health_harm', 'legal', 'cancel_blocked', 'winback', 'personal_data')", name=op.f('ck_alerts_code')),
    sa.CheckConstraint("source IN ('machine', 'reviewer')", name=op.f('ck_alerts_source')),
    sa.CheckConstraint("status IN ('open', 'confirmed', 'dismissed', 'done')", name=op.f('ck_alerts_status')),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_alerts_answer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['handled_by'], ['users.id'], name=op.f('fk_alerts_handled_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts')),
    sa.UniqueConstraint('answer_id', 'code', name=op.f('uq_alerts_answer_id_code'))
    )
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.create_index('ix_alerts_status_due_at', ['status', 'due_at'], unique=False)

    op.create_table('audit_waves',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('focus', sa.String(length=60), nullable=False),
    sa.Column('within', sa.Double(), nullable=True),
    sa.Column('scope', sa.JSON(), nullable=False),
    sa.Column('unflagged', sa.Boolean(), nullable=False),
    sa.Column('model_version', sa.String(length=60), nullable=False),
    sa.Column('last_answer_id', sa.Integer(), nullable=False),
    sa.Column('strata', sa.JSON(), nullable=False),
    sa.Column('double_share', sa.Double(), nullable=False),
    sa.Column('second_look', sa.Boolean(), nullable=False),
    sa.Column('drawn_by', sa.Integer(), nullable=True),
    sa.Column('drawn_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('double_share >= 0 AND double_share <= 1', name=op.f('ck_audit_waves_double_share')),
    sa.ForeignKeyConstraint(['drawn_by'], ['users.id'], name=op.f('fk_audit_waves_drawn_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_waves')),
    sa.UniqueConstraint('name', name=op.f('uq_audit_waves_name'))
    )
    op.create_table('automatic_reasons',
    sa.Column('leaf', sa.String(length=30), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.Column('threshold', sa.Double(), nullable=True),
    sa.Column('model_version', sa.String(length=60), nullable=True),
    sa.Column('target', sa.Double(), nullable=True),
    sa.Column('precision', sa.Double(), nullable=True),
    sa.Column('bound', sa.Double(), nullable=True),
    sa.Column('audited', sa.Integer(), nullable=False),
    sa.Column('coverage', sa.Double(), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('checked_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('started_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('lost_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('lost_why', sa.String(length=10), nullable=True),
    sa.CheckConstraint("leaf IN ('quality', 'side_effect', 'service', 'no_effect', 'price', 'unaware_subscription', 'competitor', 'unused_stock', 'no_reason', 'life_change', 'goal_met', 'unclear')", name=op.f('ck_automatic_reasons_leaf')),
    sa.CheckConstraint("lost_why IN ('bound', 'model', 'target')", name=op.f('ck_automatic_reasons_lost_why')),
    sa.CheckConstraint('threshold IS NULL OR (wanted AND model_version IS NOT NULL)', name=op.f('ck_automatic_reasons_threshold')),
    sa.ForeignKeyConstraint(['changed_by'], ['users.id'], name=op.f('fk_automatic_reasons_changed_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('leaf', name=op.f('pk_automatic_reasons'))
    )
    op.create_table('audit_draws',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('wave', sa.String(length=60), nullable=False),
    sa.Column('stratum', sa.String(length=60), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('double', sa.Boolean(), nullable=False),
    sa.Column('drawn_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('probability > 0 AND probability <= 1', name=op.f('ck_audit_draws_probability')),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_audit_draws_answer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['wave'], ['audit_waves.name'], name=op.f('fk_audit_draws_wave')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_draws')),
    sa.UniqueConstraint('answer_id', name=op.f('uq_audit_draws_answer_id'))
    )
    op.create_table('follow_ups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.String(length=40), nullable=False),
    sa.Column('asked_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('answered_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('skipped', sa.Boolean(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_follow_ups_answer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_ups')),
    sa.UniqueConstraint('answer_id', name=op.f('uq_follow_ups_answer_id'))
    )
    op.create_table('passed_on',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('by', sa.Integer(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_passed_on_answer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by'], ['users.id'], name=op.f('fk_passed_on_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passed_on')),
    sa.UniqueConstraint('answer_id', name=op.f('uq_passed_on_answer_id'))
    )
    op.create_table('predictions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('model_version', sa.String(length=60), nullable=False),
    sa.Column('codebook_version', sa.String(length=20), nullable=False),
    sa.Column('current', sa.Boolean(), nullable=False),
    sa.Column('primary_leaf', sa.String(length=30), nullable=False),
    sa.Column('confidence', sa.Double(), nullable=False),
    sa.Column('suggestions', sa.JSON(), nullable=False),
    sa.Column('secondary', sa.JSON(), nullable=False),
    sa.Column('evidence', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('follow_up_read', sa.Boolean(), nullable=False),
    sa.Column('created_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("primary_leaf IN ('quality', 'side_effect', 'service', 'no_effect', 'price', 'unaware_subscription', 'competitor', 'unused_stock', 'no_reason', 'life_change', 'goal_met', 'unclear')", name=op.f('ck_predictions_primary_leaf')),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_predictions_answer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_predictions')),
    sa.UniqueConstraint('answer_id', 'model_version', name=op.f('uq_predictions_answer_id_model_version'))
    )
    with op.batch_alter_table('predictions', schema=None) as batch_op:
        batch_op.create_index('ix_predictions_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_predictions_confidence_current', ['confidence', 'answer_id'], unique=False, sqlite_where=sa.text('current = 1'), postgresql_where=sa.text('current'))
        batch_op.create_index('ix_predictions_primary_leaf_current', ['primary_leaf', 'answer_id'], unique=False, sqlite_where=sa.text('current = 1'), postgresql_where=sa.text('current'))
        batch_op.create_index('uq_predictions_answer_id_current', ['answer_id'], unique=True, sqlite_where=sa.text('current = 1'), postgresql_where=sa.text('current'))

    op.create_table('reading_cache',
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('text_key', sa.LargeBinary(), nullable=False),
    sa.Column('prepared_by', sa.String(length=20), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('vector', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_reading_cache_answer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('answer_id', name=op.f('pk_reading_cache'))
    )
    op.create_table('review_claims',
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=False),
    sa.Column('until', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_review_claims_answer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['reviewer_id'], ['users.id'], name=op.f('fk_review_claims_reviewer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('answer_id', name=op.f('pk_review_claims'))
    )
    op.create_table('decisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('round', sa.String(length=12), nullable=False),
    sa.Column('stream', sa.String(length=10), nullable=False),
    sa.Column('probability', sa.Double(), nullable=True),
    sa.Column('prediction_id', sa.Integer(), nullable=True),
    sa.Column('primary_leaf', sa.String(length=30), nullable=False),
    sa.Column('secondary', sa.JSON(), nullable=False),
    sa.Column('alerts', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=True),
    sa.Column('decided_at', voc.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('undone_at', voc.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("primary_leaf IN ('quality', 'side_effect', 'service', 'no_effect', 'price', 'unaware_subscription', 'competitor', 'unused_stock', 'no_reason', 'life_change', 'goal_met', 'unclear', 'other_reason')", name=op.f('ck_decisions_primary_leaf')),
    sa.CheckConstraint("round IN ('first', 'second', 'adjudication')", name=op.f('ck_decisions_round')),
    sa.CheckConstraint("stream IN ('audit', 'hard', 'alert', 'search', 'passed_on')", name=op.f('ck_decisions_stream')),
    sa.ForeignKeyConstraint(['answer_id'], ['answers.id'], name=op.f('fk_decisions_answer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['prediction_id'], ['predictions.id'], name=op.f('fk_decisions_prediction_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reviewer_id'], ['users.id'], name=op.f('fk_decisions_reviewer_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions'))
    )
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.create_index('ix_decisions_reviewer_id_decided_at', ['reviewer_id', 'decided_at'], unique=False)
        batch_op.create_index('uq_decisions_answer_id_round', ['answer_id', 'round'], unique=True, sqlite_where=sa.text('undone_at IS NULL'), postgresql_where=sa.text('undone_at IS NULL'))



def downgrade() -> None:
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.drop_index('uq_decisions_answer_id_round', sqlite_where=sa.text('undone_at IS NULL'), postgresql_where=sa.text('undone_at IS NULL'))
        batch_op.drop_index('ix_decisions_reviewer_id_decided_at')

    op.drop_table('decisions')
    op.drop_table('review_claims')
    op.drop_table('reading_cache')
    with op.batch_alter_table('predictions', schema=None) as batch_op:
        batch_op.drop_index('uq_predictions_answer_id_current', sqlite_where=sa.text('current = 1'), postgresql_where=sa.text('current'))
        batch_op.drop_index('ix_predictions_primary_leaf_current', sqlite_where=sa.text('current = 1'), postgresql_where=sa.text('current'))
        batch_op.drop_index('ix_predictions_confidence_current', sqlite_where=sa.text('current = 1'), postgresql_where=sa.text('current'))
        batch_op.drop_index('ix_predictions_created_at')

    op.drop_table('predictions')
    op.drop_table('automatic_reasons')
    op.drop_table('passed_on')
    op.drop_table('follow_ups')
    op.drop_table('audit_draws')
    op.drop_table('audit_waves')
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.drop_index('ix_alerts_status_due_at')

    op.drop_table('alerts')
    op.drop_table('questions_shown')
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_index('ix_messages_status_next_attempt_at')

    op.drop_table('messages')
    op.drop_table('drafts')
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.drop_index('ix_answers_product_id_answered_at')
        batch_op.drop_index('ix_answers_customer_id')
        batch_op.drop_index('ix_answers_answered_at')

    op.drop_table('answers')
    with op.batch_alter_table('order_lines', schema=None) as batch_op:
        batch_op.drop_index('ix_order_lines_product_id')
        batch_op.drop_index('ix_order_lines_order_id')

    op.drop_table('order_lines')
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.drop_index('ix_invitations_customer_id_created_at')
        batch_op.drop_index('ix_invitations_asked_at')

    op.drop_table('invitations')
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.drop_index('ix_subscriptions_status_cancelled_at')
        batch_op.drop_index('ix_subscriptions_customer_id')

    op.drop_table('subscriptions')
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_ordered_at')
        batch_op.drop_index('ix_orders_customer_id_ordered_at')

    op.drop_table('orders')
    op.drop_table('consents')
    op.drop_table('user_roles')
    op.drop_table('products')
    op.drop_table('import_runs')
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.drop_index('ix_events_kind_at')
        batch_op.drop_index('ix_events_customer_at')

    op.drop_table('events')
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.drop_index('ix_customers_shop_id_email')

    op.drop_table('customers')
    op.drop_table('column_mappings')
    op.drop_table('campaigns')
    op.drop_table('users')
    op.drop_table('suppressions')
    op.drop_table('shops')
    op.drop_table('roles')
    with op.batch_alter_table('model_versions', schema=None) as batch_op:
        batch_op.drop_index('uq_model_versions_in_use', sqlite_where=sa.text('in_use'), postgresql_where=sa.text('in_use'))

    op.drop_table('drift_checks')
    op.drop_table('model_versions')
    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.drop_index('uq_jobs_unique_key_queued', sqlite_where=sa.text("status = 'queued'"), postgresql_where=sa.text("status = 'queued'"))
        batch_op.drop_index('ix_jobs_status_run_at')
        batch_op.drop_index('ix_jobs_name_created_at')

    op.drop_table('jobs')
    op.drop_table('company_settings')
