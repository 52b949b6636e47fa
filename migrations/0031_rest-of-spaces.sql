ALTER TABLE `space_categories` ADD `external_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `space_categories_external_id` ON `space_categories` (`space_id`,`external_id`);--> statement-breakpoint
ALTER TABLE `space_members` ADD `name_card` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `space_members` ADD `position` integer;--> statement-breakpoint
ALTER TABLE `space_members` ADD `notifications_muted_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `spaces` ADD `metadata` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `spaces` ADD `slow_mode_s` integer DEFAULT 0 NOT NULL;