ALTER TABLE `memberships` ADD `muted_until` integer;--> statement-breakpoint
ALTER TABLE `memberships` ADD `archived_count` integer;