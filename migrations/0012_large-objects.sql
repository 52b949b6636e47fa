CREATE TABLE `large_objects` (
	`kind` text NOT NULL,
	`id` integer NOT NULL,
	`bytes` integer NOT NULL,
	`reported_at` integer NOT NULL,
	PRIMARY KEY(`kind`, `id`)
);
--> statement-breakpoint
CREATE INDEX `large_objects_bytes` ON `large_objects` (`bytes`,`reported_at`);