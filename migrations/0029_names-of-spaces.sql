CREATE TABLE `former_space_members` (
	`space_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	PRIMARY KEY(`space_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `former_space_members_user` ON `former_space_members` (`user_id`);--> statement-breakpoint
ALTER TABLE `space_roles` ADD `external_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE `space_roles` SET `external_id` = 'parley:r' || lower(hex(randomblob(16)));--> statement-breakpoint
CREATE UNIQUE INDEX `space_roles_external_id` ON `space_roles` (`space_id`,`external_id`);--> statement-breakpoint
ALTER TABLE `spaces` ADD `external_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `spaces_external_id` ON `spaces` (`external_id`) WHERE external_id IS NOT NULL;
