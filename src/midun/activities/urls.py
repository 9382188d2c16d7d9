"""Addresses of activities."""

from django.urls import path

from midun.activities import views

app_name = "activities"
urlpatterns = [
    path("", views.activities, name="activities"),
    path("new/", views.new, name="new"),
    path("sign-in/<str:token>/", views.door, name="sign-in"),
    path("receipts/<str:receipt>/", views.receipt, name="receipt"),
    path("receipts/<str:receipt>/certificate.pdf", views.certificate_pdf, name="certificate"),
    path("certificates/verify/", views.verify, name="certificate-verify"),
    path("certificates/key.json", views.public_key, name="certificate-key"),
    path("<int:number>/", views.activity, name="activity"),
    path("<int:number>/edit/", views.edit, name="edit"),
    path("<int:number>/void/", views.void, name="void"),
    path("<int:number>/restore/", views.restore, name="restore"),
    path("<int:number>/portal/", views.portal, name="portal"),
    path("<int:number>/files/", views.add_files, name="add-files"),
    path("<int:number>/files/<int:file>/", views.use_file, name="use-file"),
    path("<int:number>/files/<int:file>/remove/", views.remove_file, name="remove-file"),
    path("<int:number>/open/", views.open_door, name="open"),
    path("<int:number>/shut/", views.shut_door, name="shut"),
    path("<int:number>/screen/", views.screen, name="screen"),
    path("<int:number>/poster.pdf", views.poster, name="poster"),
    path("<int:number>/people/add/", views.add_person, name="add-person"),
    path("<int:number>/people/list/", views.add_people, name="add-people"),
    path("<int:number>/people/template.xlsx", views.people_template, name="people-template"),
    path("<int:number>/people/take-in/", views.take_in, name="take-in"),
    path("<int:number>/people/<int:person>/match/", views.match, name="match"),
    path("<int:number>/people/<int:person>/void/", views.void_person, name="void-person"),
    path("<int:number>/sheet.pdf", views.sheet, name="sheet"),
    path("<int:number>/certificates/", views.issue, name="issue"),
    path("<int:number>/certificates/all-<int:part>.pdf", views.certificate_files, name="certificate-files"),
    path("<int:number>/certificates/<int:certificate>.pdf", views.certificate_file, name="certificate-file"),
    path("<int:number>/certificates/<int:certificate>/revoke/", views.revoke, name="revoke"),
]
