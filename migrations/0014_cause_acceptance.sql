-- An accepted root cause is accepted until a day; on that day it is only known again.
alter table root_cause add column accepted_until date;
