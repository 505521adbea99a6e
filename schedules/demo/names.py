"""Indonesian names and the words units and posts are named with; all invented combinations."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MEN = _words(
    """
    Agus Ahmad Aditya Arif Bagus Bambang Bayu Budi Cahyo Dani Dedi Dimas Dodi Dwi Eko Fajar Farhan Galih Gede Guntur
    Hadi Hendra Heru Ilham Imam Indra Irfan Iwan Joko Ketut Krisna Lukman Made Muhammad Nanda Nugroho Nyoman Oka
    Petrus Putra Rahmat Reza Rizky Rudi Slamet Sugeng Surya Taufik Teguh Tri Wahyu Wawan Wayan Yohanes Yoga Yudi Yusuf
    Zainal
    """
)
WOMEN = _words(
    """
    Aisyah Amelia Anisa Ani Ayu Bunga Citra Desi Dewi Dian Dina Endang Eka Fatimah Fitri Gita Hana Hesti Ika Indah
    Intan Ismi Jihan Kartika Komang Lestari Lia Luh Maria Maya Mega Nadia Ningsih Novi Nur Nurul Putri Rahma Ratih
    Ratna Retno Rina Rini Risma Salsabila Santi Sekar Siti Sri Suci Sulastri Tika Titik Tuti Utami Vina Wati Wulan
    Yanti Yuliana Yuni Zahra
    """
)
LAST = _words(
    """
    Anggraini Ardiansyah Firmansyah Gunawan Hakim Halim Handayani Harahap Hartono Hasibuan Hidayat Iskandar Kurniawan
    Kusuma Lestari Lubis Mahendra Manurung Maulana Nainggolan Nasution Nugraha Nurhaliza Pangestu Permana Permatasari
    Pradana Prakoso Pranata Pratama Pratiwi Prasetyo Purnama Purnomo Purwanto Rachman Rahayu Rahmawati Ramadhan
    Ramadhani Safitri Santoso Saputra Saputri Setiawan Siahaan Simanjuntak Siregar Sitompul Subekti Sudrajat Suharto
    Sulistyo Supriyadi Suryani Susanto Sutrisno Tanjung Utomo Wahyuni Wibowo Wicaksono Widodo Wijaya Winata Wulandari
    Yulianto
    """
)
SINGLE = _words(
    """
    Suparman Sukardi Mulyono Sarwono Sutini Kasiyem Paijo Tukiman Waluyo Suharni Sumiati Ngatini
    """
)
BEFORE = ("", "", "", "", "", "", "Dr.", "Ir.", "drg.", "dr.", "Drs.")
AFTER = (
    "",
    "",
    "S.E.",
    "S.H.",
    "S.Kom.",
    "S.T.",
    "S.Sos.",
    "A.Md.",
    "S.A.P.",
    "S.E., M.M.",
    "S.H., M.H.",
    "S.Si., M.Si.",
)

FIELDS = (
    "Umum", "Keuangan", "Kepegawaian", "Perencanaan", "Hukum", "Hubungan Masyarakat", "Data dan Informasi",
    "Arsip dan Persuratan", "Pengadaan", "Kerja Sama", "Organisasi dan Tata Laksana", "Pengawasan Internal",
    "Standar Pelayanan", "Pengaduan", "Evaluasi", "Pengembangan Kompetensi", "Sistem Elektronik", "Statistik",
    "Penelitian", "Penyuluhan", "Perizinan", "Aset Negara", "Anggaran", "Penilaian", "Verifikasi", "Pemantauan",
)  # fmt: skip
SERVICES = ("Loket Pelayanan Terpadu", "Layanan Tatap Muka", "Pusat Panggilan dan Loket", "Layanan Keliling")
AREAS = (
    "Sekretariat Jenderal", "Direktorat Jenderal Pelayanan Dasar", "Direktorat Jenderal Standar dan Mutu",
    "Direktorat Jenderal Layanan Digital", "Inspektorat Jenderal", "Badan Pengembangan Kompetensi",
)  # fmt: skip
REGIONAL_AREAS = ("Sekretariat Badan", "Bidang Penilaian Wilayah I", "Bidang Penilaian Wilayah II", "Bidang Pendataan")
PROVINCES = (
    "Aceh", "Sumatera Utara", "Sumatera Barat", "Riau", "Jambi", "Sumatera Selatan", "Bengkulu", "Lampung", "Banten",
    "Jawa Barat", "Jawa Tengah", "Yogyakarta", "Jawa Timur", "Bali", "Kalimantan Barat", "Kalimantan Timur",
    "Sulawesi Utara", "Sulawesi Selatan", "Nusa Tenggara Barat", "Nusa Tenggara Timur", "Maluku", "Papua",
)  # fmt: skip
FUNCTIONAL = (
    "Analis Kebijakan",
    "Pranata Komputer",
    "Arsiparis",
    "Perencana",
    "Auditor",
    "Statistisi",
    "Pranata Humas",
)
EXECUTING = ("Pengelola Data", "Pengadministrasi Umum", "Penata Layanan", "Pengolah Informasi", "Bendahara Pembantu")
