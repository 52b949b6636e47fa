ALTER TABLE `memberships` ADD `left_name` text;--> statement-breakpoint
ALTER TABLE `memberships` ADD `left_avatar` text;