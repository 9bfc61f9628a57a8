"""Documents of the package: what a reviewer reads beside the datasets and define.xml."""
